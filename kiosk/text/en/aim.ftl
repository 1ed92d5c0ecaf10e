### What a technician who mounts a camera is told, in the terminal and on the door's page. Sides are the
### technician's own, standing in front of the camera and facing it.

aim-title = Aiming the camera
aim-note = This picture is shown here only, for ten minutes at most, and kept nowhere.
aim-size = Face { $px } px, { $percent } % of what is needed
aim-pace = { $frames } frames a second
aim-good = Good. Faces can be compared here.
aim-no-face = No face. Stand where people will stand, and look at the camera.
aim-slow-camera = Few frames. More light makes a camera faster; another USB port may too.
aim-too-far = Faces are too small. Bring the camera nearer, or set camera.width higher.
aim-little-reserve = Faces are just large enough. Nearer is better.
aim-turn-right = Turn the camera to your right.
aim-turn-left = Turn the camera to your left.
aim-turn-up = Tilt the camera up.
aim-turn-down = Tilt the camera down.
aim-outside-region = The face is outside recognition.region. Move the camera, or change the region.
aim-cut-off = The face is cut by the picture's edge. Stand farther back, or turn the camera.
aim-more-light = Too dark. Put light in front of people, or move the camera away from a window behind them.
aim-less-light = Too bright. Shade the camera, or turn it away from the glare.
aim-focus = Blurred. Clean and focus the lens, and give it light.
aim-move-left = People look past the camera. Move it to your left.
aim-move-right = People look past the camera. Move it to your right.
aim-move-down = The camera looks down on people. Mount it lower, at the height of their eyes.
aim-move-up = The camera looks up at people. Mount it higher, at the height of their eyes.
aim-upright = The camera leans. Turn it upright.
